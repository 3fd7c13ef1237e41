/** The steps of one guest, each after the one before it. */
import { scriptStep } from "../../plan/build";
import type { ScriptStep, Step, StepBody } from "../../plan/step";

export class GuestSteps {
  readonly steps: Step[] = [];

  /**
   * @param title name of the guest's component, with which the names of its steps begin
   * @param needs names of what the first step waits for
   * @param follows the guest itself: its steps run again whenever it is replaced
   */
  constructor(
    private readonly title: string,
    private needs: string[],
    private readonly follows: string,
  ) {}

  /** Names of what the next step waits for. */
  get last(): string[] {
    return this.needs;
  }

  /** Adds a step behind the last one, and behind `needs`; gives its name. */
  add(
    what: string,
    body: StepBody,
    { needs = [], ...order }: Partial<Pick<ScriptStep, "goesWith" | "savepoint" | "needs">> = {},
  ): string {
    const name = `${this.title}-${what}`;
    this.beside(
      scriptStep(name, body, { needs: [...this.needs, ...needs], follows: [this.follows], ...order }),
    );
    this.needs = [name];
    return name;
  }

  /** Adds a step that nothing waits for. */
  beside(step: Step): void {
    this.steps.push(step);
  }
}
