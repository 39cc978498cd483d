import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./api";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => unwrap(api.GET("/v1/users/me")),
  staleTime: 60_000,
});
