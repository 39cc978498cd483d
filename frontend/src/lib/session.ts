import { useSyncExternalStore } from "react";

// Whether somebody is signed in: by an API key, for this tab, or by a password, whose session is in a cookie that no
// script can read; that it is there is noted for all tabs. Or the reason why the last session ended.
// Kept outside React because the API client reads it there and it must survive a reload.
const keyName = "emblem.api_key";
const passwordName = "emblem.password_session";
const noticeName = "emblem.notice";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(): void {
  for (const listener of listeners) listener();
}

export function readApiKey(): string | null {
  return sessionStorage.getItem(keyName);
}

export function isSignedIn(): boolean {
  return readApiKey() !== null || localStorage.getItem(passwordName) !== null;
}

export function startSession(apiKey: string): void {
  sessionStorage.removeItem(noticeName);
  sessionStorage.setItem(keyName, apiKey);
  notify();
}

export function startPasswordSession(): void {
  sessionStorage.removeItem(noticeName);
  localStorage.setItem(passwordName, "yes");
  notify();
}

export function endSession(notice?: string): void {
  if (readApiKey() === null) localStorage.removeItem(passwordName);
  sessionStorage.removeItem(keyName);
  if (notice) sessionStorage.setItem(noticeName, notice);
  else sessionStorage.removeItem(noticeName);
  notify();
}

export function useIsSignedIn(): boolean {
  return useSyncExternalStore(subscribe, isSignedIn);
}

export function useSessionNotice(): string | null {
  return useSyncExternalStore(subscribe, () => sessionStorage.getItem(noticeName));
}
