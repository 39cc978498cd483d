import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// A page is loaded when it is first shown, which takes its time where tests share two cores.
configure({ asyncUtilTimeout: 30_000 });

// What jsdom lacks and the page needs.
window.matchMedia = (query) => ({
  matches: false,
  media: query,
  onchange: null,
  addListener: () => {},
  removeListener: () => {},
  addEventListener: () => {},
  removeEventListener: () => {},
  dispatchEvent: () => false,
});
window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Object.defineProperty(document, "fonts", { value: new EventTarget() });
Element.prototype.scrollIntoView = () => {};
URL.createObjectURL = () => "blob:emblem";
URL.revokeObjectURL = () => {};

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  sessionStorage.clear();
  localStorage.clear();
});
