import { queryOptions } from "@tanstack/react-query";
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

/** An image that is a file of one's own. */
export function fileImageQuery(fileId: string) {
  return queryOptions({
    queryKey: ["file-image", fileId],
    queryFn: () =>
      unwrap(
        api.GET("/v1/files/{file_id}/content", { params: { path: { file_id: fileId } }, parseAs: "blob" }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
