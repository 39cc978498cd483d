import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { readDrawSearch, readGallerySearch, readSetSearch, readStylesSearch } from "@/lib/search";
import { NotFound } from "./not-found";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
const under = { getParentRoute: () => root } as const;

const pages = [
  createRoute({
    ...under,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/icons" });
    },
  }),
  createRoute({
    ...under,
    path: "/icons",
    validateSearch: readDrawSearch,
    component: lazyRouteComponent(() => import("@/features/draw/icons-page"), "IconsPage"),
  }),
  createRoute({
    ...under,
    path: "/splash",
    validateSearch: readDrawSearch,
    component: lazyRouteComponent(() => import("@/features/draw/splash-page"), "SplashPage"),
  }),
  createRoute({
    ...under,
    path: "/sets",
    component: lazyRouteComponent(() => import("@/features/sets/sets-page"), "SetsPage"),
  }),
  createRoute({
    ...under,
    path: "/sets/$setId",
    validateSearch: readSetSearch,
    component: lazyRouteComponent(() => import("@/features/sets/set-page"), "SetPage"),
  }),
  createRoute({
    ...under,
    path: "/gallery",
    validateSearch: readGallerySearch,
    component: lazyRouteComponent(() => import("@/features/gallery/gallery-page"), "GalleryPage"),
  }),
  createRoute({
    ...under,
    path: "/styles",
    validateSearch: readStylesSearch,
    component: lazyRouteComponent(() => import("@/features/styles/styles-page"), "StylesPage"),
  }),
  createRoute({
    ...under,
    path: "/keys",
    component: lazyRouteComponent(() => import("@/features/keys/keys-page"), "KeysPage"),
  }),
  createRoute({
    ...under,
    path: "/admin",
    component: lazyRouteComponent(() => import("@/features/admin/admin-page"), "AdminPage"),
  }),
  createRoute({
    ...under,
    path: "/set-password",
    component: lazyRouteComponent(() => import("@/features/auth/set-password-page"), "SetPasswordPage"),
  }),
] as const;

export function createStudioRouter() {
  return createRouter({
    routeTree: root.addChildren(pages),
    defaultPendingComponent: () => <Loading what="the page" />,
    defaultErrorComponent: ({ error }) => (
      <ErrorAlert title="The page could not be shown" error={error as Error} />
    ),
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createStudioRouter>;
  }
}
