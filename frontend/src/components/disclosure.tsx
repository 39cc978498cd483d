import { Collapse, Text, UnstyledButton } from "@mantine/core";
import { type ReactNode, useId, useState } from "react";

type DisclosureProps = {
  label: string;
  /** What is in it, in few words, for who does not open it. */
  hint?: string;
  /** Open whatever the user does, for what is wrong in it. */
  isForced: boolean;
  /** Told whether it is open, so that what is costly waits until then. */
  children: (isOpen: boolean) => ReactNode;
};

/** What few need, folded away behind its name. */
export function Disclosure({ label, hint, isForced, children }: DisclosureProps) {
  const [isOpenByUser, setIsOpenByUser] = useState(false);
  const panelId = useId();
  const isOpen = isOpenByUser || isForced;

  return (
    <div>
      <UnstyledButton
        fz="sm"
        fw={500}
        aria-expanded={isOpen}
        aria-controls={panelId}
        onClick={() => setIsOpenByUser(!isOpen)}
      >
        {isOpen ? "▾" : "▸"} {label}
        {hint && (
          <Text span size="sm" fw={400} c="dimmed">
            {` · ${hint}`}
          </Text>
        )}
      </UnstyledButton>
      <Collapse expanded={isOpen} id={panelId}>
        {children(isOpen)}
      </Collapse>
    </div>
  );
}
