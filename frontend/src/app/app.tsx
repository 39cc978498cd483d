import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { createStudioRouter } from "./router";

export function App() {
  const [router] = useState(createStudioRouter);
  return <RouterProvider router={router} />;
}
