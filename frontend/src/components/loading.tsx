import { Center, Loader } from "@mantine/core";

export function Loading({ what }: { what: string }) {
  return (
    <Center mih={240}>
      <Loader aria-label={`Loading ${what}`} role="status" />
    </Center>
  );
}
