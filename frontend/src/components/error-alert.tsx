import { Alert, Text } from "@mantine/core";
import { ApiError } from "@/lib/api-error";

type ErrorAlertProps = { title: string; error: Error };

/** What went wrong in plain words, and the name under which the server's log has it. */
export function ErrorAlert({ title, error }: ErrorAlertProps) {
  const requestId = error instanceof ApiError ? error.requestId : null;

  return (
    <Alert color="red" title={title}>
      {error.message}
      {requestId && (
        <Text size="xs" mt={4}>
          Request id: {requestId}
        </Text>
      )}
    </Alert>
  );
}
