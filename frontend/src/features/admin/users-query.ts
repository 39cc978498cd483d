import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";

type Schemas = components["schemas"];
export type User = Schemas["UserView"];
export type Role = User["role"];

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: () => unwrap(api.GET("/v1/users")),
});

export function createUser(body: Schemas["UserCreateBody"]) {
  return unwrap(api.POST("/v1/users", { body }));
}

export function changeUser(id: string, body: Schemas["UserChangeBody"]) {
  return unwrap(api.PATCH("/v1/users/{user_id}", { params: { path: { user_id: id } }, body }));
}

export function createPasswordToken(id: string) {
  return unwrap(api.POST("/v1/users/{user_id}/password-token", { params: { path: { user_id: id } } }));
}

/** Where they set their password. Behind `#`, the token never reaches a server's log. */
export function passwordLink(token: string): string {
  return `${window.location.origin}/set-password#${token}`;
}
