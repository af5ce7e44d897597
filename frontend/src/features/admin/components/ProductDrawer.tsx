import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import Offcanvas from "react-bootstrap/Offcanvas";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { toast } from "@/components/toastStore";
import { productQuery } from "@/features/products/api/getProduct";
import { ProductForm } from "./ProductForm";

interface Props {
  /** The product's id, or `new`. */
  id: string;
  onClose: () => void;
}

export function ProductDrawer({ id, onClose }: Props) {
  const isNew = id === "new";
  return (
    <Offcanvas
      show
      onHide={onClose}
      placement="end"
      className="cart-drawer"
      aria-labelledby="drawer-title"
    >
      <Offcanvas.Header closeButton>
        <Offcanvas.Title as="h2" id="drawer-title">
          {isNew ? "New product" : "Edit product"}
        </Offcanvas.Title>
      </Offcanvas.Header>
      <Offcanvas.Body>
        {isNew ? <Form onClose={onClose} /> : <LoadedForm id={id} onClose={onClose} />}
      </Offcanvas.Body>
    </Offcanvas>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const [added, setAdded] = useState(0);
  return (
    <ProductForm
      // Another product has another form, whose first field takes the focus.
      key={added}
      initial={null}
      focusesName={added > 0}
      onSaved={(product, { addsAnother }) => {
        toast(`Added ${product.name}.`);
        if (addsAnother) setAdded(added + 1);
        else onClose();
      }}
    />
  );
}

function LoadedForm({ id, onClose }: Props) {
  // The product is fetched once: a refetch must not change the form while the user types.
  const { data, error, refetch } = useQuery({
    ...productQuery(id),
    queryKey: ["admin", "editing", id],
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  if (error) return <ErrorNotice error={error} onRetry={() => refetch()} />;
  if (!data) return <SkeletonRows count={5} height="4rem" />;
  return (
    <ProductForm
      initial={data}
      onSaved={(product) => {
        toast(`Saved ${product.name}.`);
        onClose();
      }}
    />
  );
}
