import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";

type SidePanelProps = {
  title: string;
  /** Of what is looked at; it is open while there is one. */
  id: string | undefined;
  onClose: () => void;
  children: (id: string) => ReactNode;
};

/** One thing from near, beside the page that it was chosen on. */
export function SidePanel({ title, id, onClose, children }: SidePanelProps) {
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={title}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {id && children(id)}
    </Drawer>
  );
}
