import { Code, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { modelsQuery, stylesOf } from "@/lib/models";
import { NoStyles } from "./no-styles";
import { StatusBadge } from "./status-badge";
import { NameCell, WideTable } from "./wide-table";

const columns = [{ title: "Style" }, { title: "Status" }, { title: "Trigger word" }];

/** What can be drawn with, for those who change none of it. */
export function StyleList() {
  const { data, error } = useQuery(modelsQuery);
  if (error) return <ErrorAlert title="The styles could not be listed" error={error} />;
  if (!data) return <Loading what="the styles" />;

  const styles = stylesOf(data);
  if (styles.length === 0) return <NoStyles />;
  return (
    <WideTable label="Trained styles" minWidth={300} columns={columns}>
      {styles.map(({ id, status, trigger, model_version }) => (
        <Table.Tr key={id}>
          <NameCell name={id} id={model_version} />
          <Table.Td>
            <StatusBadge status={status} />
          </Table.Td>
          <Table.Td>{trigger && <Code>{trigger}</Code>}</Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
