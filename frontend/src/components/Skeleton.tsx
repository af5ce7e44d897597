import { WhileLoading } from "./WhileLoading";

interface Props {
  width?: string;
  height?: string;
}

/** A placeholder in the shape of content that is loading. */
export function Skeleton({ width = "100%", height = "1rem" }: Props) {
  return <span className="skeleton" style={{ width, height }} />;
}

/** Placeholder rows for lists and tables. */
export function SkeletonRows({ count, height }: { count: number; height: string }) {
  return (
    <WhileLoading>
      <div className="skeleton-rows" role="status" aria-label="Loading">
        {Array.from({ length: count }, (_, index) => index).map((index) => (
          <Skeleton key={index} height={height} />
        ))}
      </div>
    </WhileLoading>
  );
}
