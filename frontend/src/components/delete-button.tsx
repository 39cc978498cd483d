import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/error-alert";

type DeleteButtonProps = {
  /** Asked before anything is deleted. */
  question: string;
  remove: () => Promise<void>;
  onDeleted: () => void;
};

export function DeleteButton({ question, remove, onDeleted }: DeleteButtonProps) {
  const [isAsking, setIsAsking] = useState(false);
  const removal = useMutation({ mutationFn: remove, onSuccess: onDeleted });

  if (removal.error) return <ErrorAlert title="It could not be deleted" error={removal.error} />;
  if (!isAsking) {
    return (
      <Button variant="subtle" color="red" onClick={() => setIsAsking(true)}>
        Delete
      </Button>
    );
  }
  return (
    <Group gap="xs">
      <Text size="sm">{question}</Text>
      <Button size="xs" color="red" loading={removal.isPending} onClick={() => removal.mutate()}>
        Delete
      </Button>
      <Button size="xs" variant="default" onClick={() => setIsAsking(false)}>
        Keep
      </Button>
    </Group>
  );
}
