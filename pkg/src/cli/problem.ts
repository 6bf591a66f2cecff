/** How a command ends; documented in `consentry help`. */
export const EXIT = { fine: 0, found: 1, misuse: 2 } as const;

/** Something the user can put right: shown as a message with what to do, without a stack. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly code: number = EXIT.misuse,
  ) {
    super(message);
  }
}
