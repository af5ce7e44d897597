import { SectionLayout } from "@/components/SectionLayout";

const LINKS = [
  ["/account", "Account"],
  ["/account/addresses", "Addresses"],
  ["/account/sessions", "Sessions"],
] as const;

export function AccountLayout() {
  return <SectionLayout label="Account" links={LINKS} />;
}
