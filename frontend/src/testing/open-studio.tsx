import { render, screen } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { App } from "@/app/app";
import { Providers } from "@/app/providers";
import { startSession } from "@/lib/session";
import { validKey } from "./server";

export function openStudio(address = "/") {
  window.history.replaceState(null, "", address);
  render(
    <Providers>
      <App />
    </Providers>,
  );
  return userEvent.setup();
}

export function openStudioSignedIn(address = "/") {
  startSession(validKey);
  return openStudio(address);
}

export async function chooseInAccountMenu(user: UserEvent, item: string | RegExp) {
  await user.click(await screen.findByRole("button", { name: /ada|Account/ }));
  await user.click(await screen.findByRole("menuitem", { name: item }));
}
