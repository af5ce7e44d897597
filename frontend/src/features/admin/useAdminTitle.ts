import { useTitle } from "@/lib/useTitle";

export function useAdminTitle(page: string | undefined): void {
  useTitle(page && `${page} · Administration`);
}
