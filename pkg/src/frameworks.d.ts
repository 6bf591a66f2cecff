// As much of React and Vue as is used here. Who uses these modules has the real types.

declare module "react" {
  export type ReactNode = unknown;
  export function useSyncExternalStore<T>(
    subscribe: (changed: () => void) => () => void,
    snapshot: () => T,
    serverSnapshot: () => T,
  ): T;
}

declare module "vue" {
  export interface ShallowRef<T> {
    value: T;
  }
  export function shallowRef<T>(value: T): ShallowRef<T>;
  export function onScopeDispose(stop: () => void): void;
  export function getCurrentScope(): object | undefined;
}
