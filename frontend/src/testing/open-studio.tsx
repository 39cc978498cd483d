import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "@/app/app";
import { Providers } from "@/app/providers";
import { startSession } from "@/lib/session";
import { validKey } from "./server";

export function openStudio() {
  render(
    <Providers>
      <App />
    </Providers>,
  );
  return userEvent.setup();
}

export function openStudioSignedIn() {
  startSession(validKey);
  return openStudio();
}
