import { Component, type ReactNode } from "react";
import type { Visit } from "@/lib/visits";
import { PageError } from "./PageError";

interface Props {
  /** Another visit shows the page again. */
  visit: Visit;
  children: ReactNode;
}

interface State {
  failure: { error: unknown } | null;
  visit: Visit;
}

/** Shows the error in place of a page that failed. React has no hook for this. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { failure: null, visit: this.props.visit };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { failure: { error } };
  }

  static getDerivedStateFromProps({ visit }: Props, state: State): State | null {
    return visit === state.visit ? null : { failure: null, visit };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    return failure ? <PageError error={failure.error} /> : this.props.children;
  }
}
