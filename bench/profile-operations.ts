import type { TensorflowBinding } from '../engine/backends/tensorflow-addon.ts';

/** The addon's call that runs one operation. */
interface Executing {
  executeOp(name: string, ...rest: unknown[]): unknown;
}

let stop: (() => void) | null = null;

/** From now on adds up the time of each kind of operation; null ends it and prints the sums. */
export function profileOperations(binding: TensorflowBinding | null): void {
  stop?.();
  stop = null;
  if (!binding) return;
  const executing = binding as unknown as Executing;
  const execute = executing.executeOp.bind(binding);
  const sums = new Map<string, { calls: number; milliseconds: number }>();
  const started = performance.now();
  executing.executeOp = (name, ...rest) => {
    const before = performance.now();
    try {
      return execute(name, ...rest);
    } finally {
      const sum = sums.get(name) ?? { calls: 0, milliseconds: 0 };
      sums.set(name, {
        calls: sum.calls + 1,
        milliseconds: sum.milliseconds + performance.now() - before,
      });
    }
  };
  stop = () => {
    executing.executeOp = execute;
    const whole = performance.now() - started;
    let inside = 0;
    for (const [name, { calls, milliseconds }] of [...sums].sort(
      (a, b) => b[1].milliseconds - a[1].milliseconds,
    )) {
      inside += milliseconds;
      console.log(
        `${name.padEnd(28)} ${String(calls).padStart(6)} calls ${((100 * milliseconds) / whole).toFixed(1).padStart(5)} %`,
      );
    }
    console.log(`outside of operations ${((100 * (whole - inside)) / whole).toFixed(1)} %`);
  };
}
