import { useSyncExternalStore } from "react";

// The browser tab's session: an API key, or the reason why the last one ended.
// It lives in sessionStorage because the API client reads it outside React and it must survive a reload.
const keyName = "emblem.api_key";
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

export function startSession(apiKey: string): void {
  sessionStorage.removeItem(noticeName);
  sessionStorage.setItem(keyName, apiKey);
  notify();
}

export function endSession(notice?: string): void {
  sessionStorage.removeItem(keyName);
  if (notice) sessionStorage.setItem(noticeName, notice);
  else sessionStorage.removeItem(noticeName);
  notify();
}

export function useApiKey(): string | null {
  return useSyncExternalStore(subscribe, readApiKey);
}

export function useSessionNotice(): string | null {
  return useSyncExternalStore(subscribe, () => sessionStorage.getItem(noticeName));
}
