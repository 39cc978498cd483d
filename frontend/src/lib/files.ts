import type { components } from "@/client/schema";
import { api, unwrap } from "./api";

type File = components["schemas"]["File"];

/** What the sent content became; the same content again is the same file. */
export function uploadFile(purpose: "reference" | "dataset", content: Blob, name: string): Promise<File> {
  const form = new FormData();
  form.append("purpose", purpose); // before the file: the server reads by it
  form.append("file", content, name);
  return unwrap(
    api.POST("/v1/files", {
      // The contract's type is for JSON; what is sent is the form.
      body: form as never,
      bodySerializer: () => form,
    }),
  );
}
