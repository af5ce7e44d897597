import { exactTime, timeAgo } from "@/lib/time";
import { useNow } from "@/lib/useNow";

export function TimeAgo({ time }: { time: string }) {
  const now = useNow();
  return (
    <time dateTime={time} title={exactTime(time)}>
      {timeAgo(time, now)}
    </time>
  );
}
