import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { deleteGeneration, generationQuery, generationsKey } from "@/lib/generations";

type DeleteButtonProps = { generationId: string; count: number; onDeleted: () => void };

export function DeleteButton({ generationId, count, onDeleted }: DeleteButtonProps) {
  const [isAsking, setIsAsking] = useState(false);
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteGeneration(generationId),
    onSuccess: () => {
      onDeleted();
      queryClient.removeQueries({ queryKey: generationQuery(generationId).queryKey });
      queryClient.invalidateQueries({ queryKey: generationsKey });
    },
  });

  if (remove.error) return <ErrorAlert title="It could not be deleted" error={remove.error} />;
  if (!isAsking) {
    return (
      <Button variant="subtle" color="red" onClick={() => setIsAsking(true)}>
        Delete
      </Button>
    );
  }
  return (
    <Group gap="xs">
      <Text size="sm">{count > 1 ? `Delete all ${count} images for good?` : "Delete it for good?"}</Text>
      <Button size="xs" color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
        Delete
      </Button>
      <Button size="xs" variant="default" onClick={() => setIsAsking(false)}>
        Keep
      </Button>
    </Group>
  );
}
