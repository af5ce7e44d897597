import { useEffect } from "react";
import { SHOP_NAME } from "@/lib/settings";

export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · ${SHOP_NAME}` : SHOP_NAME;
  }, [title]);
}
