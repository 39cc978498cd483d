import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { Glyph, type GlyphName } from "@/components/glyph";
import { meQuery } from "@/lib/me";
import classes from "./nav.module.css";

type Page = { to: LinkProps["to"]; label: string; glyph: GlyphName };

const pages: Page[] = [
  { to: "/icons", label: "Icons", glyph: "icons" },
  { to: "/splash", label: "Splash", glyph: "splash" },
  { to: "/sets", label: "Sets", glyph: "sets" },
  { to: "/gallery", label: "Gallery", glyph: "gallery" },
  { to: "/styles", label: "Styles", glyph: "styles" },
  { to: "/keys", label: "Keys", glyph: "keys" },
];
const adminPage: Page = { to: "/admin", label: "Admin", glyph: "users" };

export function Nav() {
  const { data: me } = useQuery(meQuery);
  const shown = me?.role === "admin" ? [...pages, adminPage] : pages;

  return (
    <nav className={classes.nav} aria-label="Pages">
      {shown.map(({ to, label, glyph }) => (
        <Link key={to} to={to} className={classes.link}>
          <Glyph name={glyph} />
          {label}
        </Link>
      ))}
    </nav>
  );
}
