import { Alert, List, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { readinessQuery } from "./readiness";

export function HealthBanner() {
  const { data, error } = useQuery(readinessQuery);
  if (error) {
    return (
      <Alert color="red" title="No answer from the server">
        {error.message}
      </Alert>
    );
  }
  if (!data) return null;

  const deployments = Object.entries(data.deployments);
  const waiting = deployments.filter(([, state]) => !state.ready);
  const hasRandomWeights = deployments.some(([, state]) => state.weights === "random");

  if (waiting.length === 0 && !hasRandomWeights) return null;
  return (
    <Stack gap="sm">
      {data.status === "not_ready" && (
        <Alert color="orange" title="Not ready yet">
          <List size="sm">
            {waiting.map(([name, state]) => (
              <List.Item key={name}>
                <b>{name}</b>
                {state.reason && `: ${state.reason}`}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {hasRandomWeights && (
        <Alert color="yellow" role="status">
          The model has random weights: images are noise until a trained model is installed.
        </Alert>
      )}
    </Stack>
  );
}
