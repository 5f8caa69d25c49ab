import { failureOf, type Failure } from '../../contract/errors.ts';
import { slugOf } from '../../contract/model-card.ts';
import type { RecipeName } from '../../contract/recipes.ts';
import type {
  FinishedTraining,
  TrainingChoices,
  TrainingOffer,
  TrainingPlace,
  WindowSurvey,
} from '../../contract/training-view.ts';
import type { WindowRequest } from '../../contract/window-api.ts';
import type { Calls } from './calls.ts';
import { following, usualChoices } from './dependent-choices.ts';
import type { Models } from './models.svelte.ts';
import type { Training } from './training.svelte.ts';

/** How long the hand must rest before the pictures are looked at again. */
const lookAfter = 400;
export const mostPins = 4;
const firstRecipe: RecipeName = 'improve-built-in';

/** Why a training can't be started. */
export type Hindrance = 'no-places' | 'no-name' | 'name-taken' | 'looking' | 'survey' | 'unavailable';

/** A training that has not started: its pictures, what was found in them, and all choices. */
export class TrainingDraft {
  #offer = $state.raw<TrainingOffer | null>(null);
  #places = $state.raw<readonly TrainingPlace[]>([]);
  #recipe = $state<RecipeName>(firstRecipe);
  #choices = $state.raw<TrainingChoices | null>(null);
  #named = false;
  #survey = $state.raw<WindowSurvey | null>(null);
  /** What the survey was of. */
  #surveyed = '';
  #fraction = $state<number | null>(null);
  #trouble = $state.raw<Failure | null>(null);
  #pinned = $state.raw<readonly string[]>([]);
  /** Dropped pictures are on their way. */
  #receiving = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #calls: Calls;
  readonly #models: Models;
  readonly #training: Training;

  readonly hindrance: Hindrance | null = $derived.by(() => {
    if (this.#offer?.unavailable || !this.#choices) return 'unavailable';
    if (this.#places.length === 0) return 'no-places';
    if (this.#fraction !== null || this.#receiving > 0) return 'looking';
    if (this.#trouble || this.#survey?.findings.some(({ weight }) => weight === 'stop')) return 'survey';
    if (slugOf(this.#choices.name) === '') return 'no-name';
    return this.#isTaken(this.#choices.name) ? 'name-taken' : null;
  });

  constructor(calls: Calls, models: Models, training: Training) {
    this.#calls = calls;
    this.#models = models;
    this.#training = training;
  }

  /** Null until the app has said what there is. */
  get offer(): TrainingOffer | null {
    return this.#offer;
  }

  get places(): readonly TrainingPlace[] {
    return this.#places;
  }

  get recipe(): RecipeName {
    return this.#recipe;
  }

  get choices(): TrainingChoices | null {
    return this.#choices;
  }

  /** The choices as the recipe has them, for these pictures and what the training starts from. */
  get usual(): TrainingChoices | null {
    const recipe = this.#asInRecipe;
    return recipe && this.#choices && usualChoices(this.#choices, recipe);
  }

  get #asInRecipe(): TrainingChoices | null {
    return this.#offer?.recipes.find(({ recipe }) => recipe === this.#recipe)?.choices ?? null;
  }

  get survey(): WindowSurvey | null {
    return this.#survey;
  }

  /** How far the look at the pictures is; null when it is over. */
  get fraction(): number | null {
    return this.#fraction;
  }

  get isReceiving(): boolean {
    return this.#receiving > 0;
  }

  get trouble(): Failure | null {
    return this.#trouble;
  }

  get pinned(): readonly string[] {
    return this.#pinned;
  }

  async read(): Promise<void> {
    this.#offer = await this.#calls.ask('describeTraining', {});
    if (!this.#choices) this.choose(this.#recipe);
    // What the last training was called is taken now.
    this.#suggestName();
  }

  onSurvey(fraction: number): void {
    if (this.#fraction !== null) this.#fraction = fraction;
  }

  choose(recipe: RecipeName): void {
    this.#recipe = recipe;
    const choices = this.#asInRecipe;
    if (!choices) return;
    this.#choices = { ...choices, name: this.#choices?.name ?? '' };
    this.#suggestName();
    this.#lookAgain();
  }

  /** Takes back what was changed by hand; the name, the pictures and the start stay. */
  restore(): void {
    this.#choices = this.usual ?? this.#choices;
    this.#lookAgain();
  }

  change(changes: Partial<TrainingChoices>): void {
    if (!this.#choices) return;
    this.#named ||= changes.name !== undefined;
    const before = this.#choices;
    const after = { ...before, ...changes };
    const recipe = this.#asInRecipe;
    this.#choices = recipe ? { ...after, ...following(before, after, recipe) } : after;
    this.#lookAgain();
  }

  addPlaces(places: readonly TrainingPlace[]): void {
    const known = new Set(this.#places.map(({ id }) => id));
    this.#places = [...this.#places, ...places.filter(({ id }) => !known.has(id))];
    this.#suggestName();
    this.#lookAgain();
  }

  async receiving(work: () => Promise<void>): Promise<void> {
    this.#receiving++;
    await work().finally(() => this.#receiving--);
  }

  removePlace(id: string): void {
    this.#places = this.#places.filter((place) => place.id !== id);
    this.#lookAgain();
  }

  /** Pins a sample, or lets it go. */
  pin(sample: string): void {
    if (this.#pinned.includes(sample)) this.#pinned = this.#pinned.filter((id) => id !== sample);
    else if (this.#pinned.length < mostPins) this.#pinned = [...this.#pinned, sample];
  }

  /** From what an earlier training has learnt, with its pictures and choices. */
  goOnFrom({ places, recipe, choices, result, name }: FinishedTraining | Training['state']): void {
    if (!choices) return;
    this.#recipe = recipe ?? this.#recipe;
    this.#choices = { ...choices, name: this.#freeName(name), from: result?.model ?? choices.from };
    this.#named = true;
    this.#places = places;
    this.#lookAgain();
  }

  start(): Promise<void> {
    const choices = this.#choices;
    if (this.hindrance || !choices) return Promise.resolve();
    const places = this.#places.map(({ id }) => id);
    const request = { places, recipe: this.#recipe, choices, pinned: [...this.#pinned] };
    return this.#training.starts(async () => {
      if (await this.#calls.ask('startTraining', request)) this.#named = false;
    });
  }

  #lookAgain(): void {
    const choices = this.#choices;
    if (!choices) return;
    const { pictures, network, patch, validationShare, seed } = choices;
    const request = {
      places: this.#places.map(({ id }) => id),
      choices: { pictures, network, patch, validationShare, seed },
    };
    const key = JSON.stringify(request);
    if (key === this.#surveyed) return;
    this.#surveyed = key;
    clearTimeout(this.#timer);
    this.#trouble = null;
    this.#fraction = null;
    if (request.places.length === 0) {
      this.#survey = null;
      return;
    }
    this.#fraction = 0;
    this.#timer = setTimeout(() => void this.#look(key, request), lookAfter);
  }

  async #look(key: string, request: WindowRequest<'surveyTraining'>): Promise<void> {
    try {
      const survey = await this.#calls.demand('surveyTraining', request);
      if (key !== this.#surveyed) return;
      const there = new Set(survey.samples.map(({ id }) => id));
      this.#survey = survey;
      this.#pinned = this.#pinned.filter((id) => there.has(id));
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (key !== this.#surveyed) return;
      this.#survey = null;
      this.#trouble = failure;
    }
    this.#fraction = null;
  }

  #isTaken(name: string): boolean {
    return this.#models.list?.some(({ id }) => id === slugOf(name)) ?? false;
  }

  /** That of the first folder, until the person has written another. */
  #suggestName(): void {
    const [first] = this.#places;
    if (!first || this.#named || !this.#choices) return;
    this.#choices = { ...this.#choices, name: this.#freeName(first.name) };
  }

  /** The name, numbered where a model has it. */
  #freeName(name: string): string {
    const plain = name.replace(/ \d+$/, '').slice(0, 90);
    for (let n = 1; n < 1000; n++) {
      const free = n === 1 ? plain : `${plain} ${n}`;
      if (!this.#isTaken(free)) return free;
    }
    return plain;
  }
}
