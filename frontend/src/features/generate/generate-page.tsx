import { Alert, Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { modelsQuery } from "@/lib/models";
import { Workbench } from "./workbench";

export function GeneratePage() {
  const { data, error } = useQuery(modelsQuery);
  const services = data?.data.filter((model) => model.kind === "service") ?? [];
  const [firstModel] = services;
  if (firstModel) return <Workbench models={services} firstModel={firstModel} />;
  if (data) return <Alert color="orange">The server has no models.</Alert>;
  if (error) {
    return (
      <Alert color="red" title="The models could not be listed">
        {error.message}
      </Alert>
    );
  }
  return (
    <Center mih={240}>
      <Loader aria-label="Loading the models" />
    </Center>
  );
}
