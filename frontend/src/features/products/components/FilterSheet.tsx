import { useRef } from "react";
import Button from "react-bootstrap/Button";
import Offcanvas from "react-bootstrap/Offcanvas";
import type { CatalogueParams } from "../catalogueParams";
import { Filters } from "./Filters";
import type { PriceFilterHandle } from "./PriceFilter";

interface Props {
  params: CatalogueParams;
  total: string | undefined;
  onChange: (part: Partial<CatalogueParams>) => void;
  onClose: () => void;
}

/** The filters on phones. */
export default function FilterSheet({ params, total, onChange, onClose }: Props) {
  const priceFilter = useRef<PriceFilterHandle>(null);

  /** Close the sheet, unless a price that was typed there is not valid. */
  async function applyAndClose() {
    if ((await priceFilter.current?.apply()) !== false) onClose();
  }
  return (
    <Offcanvas
      show
      onHide={onClose}
      placement="bottom"
      className="sheet"
      aria-labelledby="sheet-title"
    >
      <Offcanvas.Header closeButton>
        <Offcanvas.Title as="h2" id="sheet-title">
          Filters
        </Offcanvas.Title>
      </Offcanvas.Header>
      <Offcanvas.Body>
        <Filters
          params={params}
          onChange={onChange}
          place="sheet"
          isReady
          priceFilter={priceFilter}
        />
        <Button className="w-100" onClick={applyAndClose}>
          Show {total ?? ""} products
        </Button>
      </Offcanvas.Body>
    </Offcanvas>
  );
}
