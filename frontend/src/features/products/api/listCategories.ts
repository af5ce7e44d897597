import { queryOptions } from "@tanstack/react-query";
import { type CategoryBody, listCategories } from "@/api";

export const categoriesQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: async ({ signal }): Promise<CategoryBody[]> => {
    const { data } = await listCategories({ signal });
    return data.categories;
  },
  staleTime: 5 * 60_000,
});

export const categoryNamesQuery = queryOptions({
  ...categoriesQuery,
  select: (categories) => categories.map((category) => category.name),
});
