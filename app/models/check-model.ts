import { failureOf } from '../../contract/errors.ts';
import { phrase, verbatim } from '../../contract/texts/fill-in.ts';
import { EngineLost } from '../supervision/engine-process.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import type { CheckedModel } from './import-model.ts';
import type { Refuse } from './model-parts.ts';

/** A model that needs longer would be of no use; a broken one may never end. Starting the engine is included. */
const deadlineSeconds = 30;

/** Checks a stranger's model in an engine of its own, which ends with the check or is killed at its deadline. */
export async function checkModel(
  engine: EngineSupervisor,
  folder: string,
  refuse: Refuse,
): Promise<CheckedModel> {
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    void engine.kill();
  }, deadlineSeconds * 1000);
  try {
    return await engine.call('checkModel', { folder });
  } catch (error) {
    if (late) throw refuse(phrase('model-check-silent', { seconds: deadlineSeconds }));
    if (error instanceof EngineLost)
      throw refuse(phrase('model-check-crashed', { reason: error.end.reason }));
    // The engine knows the folder it was given, not what the person calls the model.
    const { code, details, message } = failureOf(error);
    throw code === 'model-invalid' ? refuse(details.reason ?? verbatim(message)) : error;
  } finally {
    clearTimeout(deadline);
    await engine.close();
  }
}
