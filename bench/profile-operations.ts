import * as tf from '@tensorflow/tfjs';

/** The addon's call that runs one operation. */
interface Binding {
  executeOp(name: string, ...rest: unknown[]): unknown;
}

/** Adds up the time of each kind of operation of native TensorFlow until it is ended, which prints the sums. */
export function profileOperations(): () => void {
  const backend = tf.backend() as unknown as { binding: Binding };
  const { binding } = backend;
  const sums = new Map<string, { calls: number; milliseconds: number }>();
  const started = performance.now();
  const executeOp: Binding['executeOp'] = (name, ...rest) => {
    const before = performance.now();
    try {
      return binding.executeOp(name, ...rest);
    } finally {
      const sum = sums.get(name) ?? { calls: 0, milliseconds: 0 };
      sums.set(name, {
        calls: sum.calls + 1,
        milliseconds: sum.milliseconds + performance.now() - before,
      });
    }
  };
  // What the addon exports can't be written to.
  backend.binding = Object.create(binding, { executeOp: { value: executeOp } }) as Binding;
  return () => {
    backend.binding = binding;
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
