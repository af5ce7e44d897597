import { queryOptions } from "@tanstack/react-query";
import { listCategories } from "@/api";

export const categoriesQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: async ({ signal }): Promise<string[]> => {
    const { data } = await listCategories({ signal });
    return data.categories.map((category) => category.name);
  },
  staleTime: 5 * 60_000,
});
