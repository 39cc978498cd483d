import { Button, type ButtonProps } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

type LinkButtonProps = ButtonProps & { link: LinkProps; children: ReactNode };

/** Looks like a button and leads to a page. */
export function LinkButton({ link, children, ...button }: LinkButtonProps) {
  return (
    <Button {...button} renderRoot={(root) => <Link {...link} {...root} />}>
      {children}
    </Button>
  );
}
