import { untrack } from 'svelte';
import { largestNoiseFactor } from '../../../../contract/noise.ts';
import { sharedPart } from '../../../../contract/rectangle.ts';
import type { ViewChoices } from '../../../../contract/view.ts';
import type { AppState } from '../../../state/app.svelte.ts';
import type { CameraWish } from '../../../state/view.svelte.ts';
import { arrange } from './arrangement.ts';
import { StageCamera } from './camera.ts';
import { visiblePart, type Box, type Point, type Size } from './geometry.ts';
import { Hand } from './hand.ts';
import { Painter } from './painter.ts';
import { contentKey, type Pane, type Part } from './panes.ts';
import { StandIns, type StandIn, type Steered } from './stand-ins.ts';
import { TileCache, type CachedTile } from './tile-cache.ts';
import { TileLoader } from './tile-loader.ts';
import { reductionFor } from './tiles.ts';
import { variantsOf } from './variants.ts';
import { inOrder, needsNetwork, prefixOf, seenTiles, type WantedTile } from './wanted-tiles.ts';

/** 320 MB at most. */
const pixelsKept = 80e6;
/** So long after the last move the visible part is measured, and the rest of the picture cleaned. */
const viewSettlesAfter = 280;
/** While what is seen is still on its way then, it is looked again so often. */
const looksAgainAfter = 16;

const noPanes: readonly Pane[] = [];

/** The surface pictures are drawn on: brings together camera, tiles and panes, and draws when something changed. */
export class Stage {
  readonly #app: AppState;
  readonly #cache = new TileCache<ImageBitmap>(pixelsKept);
  readonly #painter = new Painter(this.#cache);
  readonly #standIns = new StandIns(this.#cache);
  readonly #loader: TileLoader;
  readonly #camera: StageCamera;
  #canvas: HTMLCanvasElement | null = null;
  #context: CanvasRenderingContext2D | null = null;
  #frame = 0;
  #last = 0;
  #opened: string | null = null;
  /** The camera has been set to what is opened. */
  #placed = false;
  #completed = '';
  #settle: ReturnType<typeof setTimeout> | undefined;
  /** Nothing has moved for some moments. */
  #resting = false;
  /** What it says while it is down is seldom its last word. */
  readonly hand = new Hand();
  /** The choices as the hand has them at this moment, which those that are shown follow. */
  #live: ViewChoices | null = null;
  #size = $state.raw<Size>({ width: 0, height: 0 });
  /** The choices whose pixels are shown; follow the sliders after a moment. */
  #choices = $state.raw<ViewChoices | null>(null);
  /** The part of the picture that is seen, once the view has come to rest. */
  #visible = $state.raw<Box | null>(null);
  /** Where the picture lies in each pane, in device pixels from the pane's corner. */
  #place = $state.raw<Box | null>(null);
  #waiting = $state.raw<readonly string[]>([]);

  readonly picture = $derived.by((): Size | null => this.#app.view.opened?.summary ?? null);
  readonly variants = $derived.by(() => {
    const { view, models } = this.#app;
    if (!this.#choices || view.mode !== 'variants') return [];
    const set = this.#choices.noiseFactor;
    const factor = set === 'auto' ? view.estimate?.noiseFactor : set;
    if (factor === undefined) return [];
    const model = models.find(this.#choices.model);
    const ids = (models.list ?? []).map(({ id }) => id);
    return variantsOf(
      view.variants,
      this.#choices,
      factor,
      model?.card.noise.largest ?? largestNoiseFactor,
      ids,
    );
  });
  readonly #arranged = $derived.by(() => {
    if (!this.#choices || !this.picture || this.#size.width === 0) return null;
    return arrange(this.#app.view, this.#choices, this.variants, this.#size);
  });

  /** Where the flat area lies on the stage, in device pixels, when it is to be shown. */
  readonly area = $derived.by((): Box | null => {
    const { areaShown, estimate } = this.#app.view;
    const [place, area] = [this.#place, estimate?.area];
    if (!areaShown || !area || !place || !this.picture) return null;
    const zoom = place.width / this.picture.width;
    const [x, y] = [place.x + area.x * zoom, place.y + area.y * zoom];
    return { x, y, width: area.width * zoom, height: area.height * zoom };
  });

  readonly panes = $derived<readonly Pane[]>(this.#arranged?.panes ?? noPanes);

  constructor(app: AppState, still: () => boolean) {
    this.#app = app;
    this.#camera = new StageCamera(still);
    this.#loader = new TileLoader(
      app.host,
      this.#cache,
      () => this.draw(),
      (failure) => app.view.fail(failure),
    );
  }

  get visible(): Box | null {
    return this.#visible;
  }

  /** Ids of panes whose pixels are still on their way. */
  get waiting(): readonly string[] {
    return this.#waiting;
  }

  /** The part of a pane that shows some of the picture; all of it where nothing is known yet. */
  pictureIn({ box, clip }: Pane): Box {
    const place = this.#place;
    return (place && sharedPart(clip, { ...place, x: box.x + place.x, y: box.y + place.y })) ?? clip;
  }

  get choices(): ViewChoices | null {
    return this.#choices;
  }

  /** The viewport that all panes share the size of. */
  get #viewport(): Size {
    return this.panes[0]?.box ?? this.#size;
  }

  attach(canvas: HTMLCanvasElement): void {
    this.#canvas = canvas;
    const wide = matchMedia('(color-gamut: p3)').matches;
    this.#context = canvas.getContext('2d', { colorSpace: wide ? 'display-p3' : 'srgb' });
  }

  detach(): void {
    const { now, zoom, fits } = this.#camera;
    this.#app.view.left = this.#opened === null || fits ? null : { picture: this.#opened, ...now, zoom };
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    clearTimeout(this.#settle);
    this.#loader.reset();
    this.#cache.clear();
    this.#canvas = null;
  }

  resize(size: Size): void {
    if (!this.#canvas) return;
    this.#canvas.width = size.width;
    this.#canvas.height = size.height;
    this.#size = size;
    // A canvas is empty after a change of size: drawn at once, or it blinks.
    this.#draw();
  }

  /** Follows the choices: at once, unless a hand is still moving them. Answers what takes back the wait. */
  follow(choices: ViewChoices | null): () => void {
    // What was followed before is no reason to follow again.
    const before = untrack(() => this.#choices);
    this.#live = choices;
    this.draw();
    if (JSON.stringify(before) === JSON.stringify(choices)) return () => {};
    const follow = () => {
      if (before && choices) this.#app.view.recover();
      this.#choices = choices;
    };
    const isSeen = untrack(() => this.#isSeen);
    const rest = before && choices ? this.hand.moved(performance.now(), isSeen) : 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const whenThere = () => {
      // A hand that goes on slowly would take back each tile before it has come, and see none.
      if (this.hand.down && this.#isComing) timer = setTimeout(whenThere, looksAgainAfter);
      else follow();
    };
    if (rest > 0) timer = setTimeout(whenThere, rest);
    else follow();
    return () => clearTimeout(timer);
  }

  /** What was arranged, opened or wished for has changed. */
  arrange(): void {
    const { opened, page } = this.#app.view;
    const { panes } = this;
    const prefix = opened ? prefixOf(opened.view, page) : null;
    if (prefix !== this.#opened) this.#forget(prefix);
    untrack(() => {
      if (this.picture && panes.length > 0) {
        this.#camera.place(this.picture, this.#viewport, !this.#placed);
        if (!this.#placed) this.#return();
        this.#placed = true;
      }
      this.#moved();
      // Asked for before the next frame, which may be as long away as a frame takes.
      this.#ask();
    });
  }

  refresh(): void {
    this.#loader.refresh();
  }

  /** Of the same picture, what was looked at before another screen was. */
  #return(): void {
    const { view } = this.#app;
    if (view.left?.picture === this.#opened) this.#camera.put(view.left);
    view.left = null;
  }

  #forget(prefix: string | null): void {
    this.#opened = prefix;
    this.#placed = false;
    this.#completed = '';
    this.#visible = null;
    this.#loader.reset();
    this.#cache.clear();
    this.#painter.forget();
    this.#standIns.forget();
  }

  pan(by: Point): void {
    this.#camera.pan(by);
    this.#moved();
  }

  zoomBy(at: Point, by: number): void {
    this.#camera.zoomBy(by, this.#inPane(at));
    this.#moved();
  }

  look(wish: CameraWish, at?: Point): void {
    const area = this.#app.view.estimate?.area;
    const point = at && this.#inPane(at);
    if (wish === 'fit') this.#camera.fit();
    else if (wish === 'full') this.#camera.zoomTo(1, point);
    else if (wish === 'double') this.#camera.zoomTo(2, point);
    else if (wish === 'closer') this.#camera.zoomStep(1);
    else if (wish === 'farther') this.#camera.zoomStep(-1);
    else if (area) this.#camera.showPart(area);
    this.#moved();
  }

  /** The pane at a point of the stage. */
  paneAt({ x, y }: Point): number {
    return this.panes.findIndex(
      ({ clip }) => x >= clip.x && y >= clip.y && x < clip.x + clip.width && y < clip.y + clip.height,
    );
  }

  #inPane(at: Point): Point {
    const { x, y } = this.panes[this.paneAt(at)]?.box ?? { x: 0, y: 0 };
    return { x: at.x - x, y: at.y - y };
  }

  #moved(): void {
    this.draw();
    this.#comeToRest();
  }

  draw(): void {
    if (this.#frame) return;
    this.#last = performance.now();
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#camera.step(Math.min(4, Math.max(0.5, (now - this.#last) / (1000 / 60))));
      this.#draw();
      if (this.#camera.moving) this.draw();
    });
  }

  #draw(): void {
    const { view } = this.#app;
    const { picture } = this;
    if (!this.#context || !this.#canvas) return;
    if (!picture || this.#opened === null) {
      this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
      view.waiting = false;
      return;
    }
    this.#ask();
    this.#painter.paint(this.#context, this.#opened, this.panes, this.#camera.now, (pane) =>
      this.#standInFor(pane),
    );
    view.waiting = this.#loader.waiting;
    view.shownZoom = this.#camera.zoom;
    view.fits = this.#camera.fits;
    const place = this.#onStage({ x: 0, y: 0, ...picture });
    if (JSON.stringify(place) !== JSON.stringify(this.#place)) this.#place = place;
  }

  #onStage(part: Box): Box {
    const { x, y, zoom } = this.#camera.now;
    const { width, height } = this.#viewport;
    return {
      x: (part.x - x) * zoom + width / 2,
      y: (part.y - y) * zoom + height / 2,
      width: part.width * zoom,
      height: part.height * zoom,
    };
  }

  #looking(picture: Size): Steered | null {
    const { opened, page, estimate } = this.#app.view;
    return (
      opened && {
        ...{ view: opened.view, page, picture, panes: this.panes, resting: this.#resting },
        camera: { ...this.#camera.now, zoom: this.#camera.zoom },
        ahead: this.#arranged?.ahead ?? [],
        // A clean picture is left as it is: that is no answer of the network.
        measured: estimate && !estimate.clean ? estimate.noiseFactor : null,
      }
    );
  }

  #ask(): void {
    const looking = this.#context && this.picture && this.#looking(this.picture);
    if (!looking || this.#opened === null) return;
    const seen = seenTiles(looking);
    this.#findWaiting(seen, this.panes);
    const wanted = inOrder(seen, looking);
    const spare = this.#nearby(looking);
    this.#standIns.note([...wanted, ...spare], looking);
    this.#loader.want(wanted, spare);
  }

  /** While the hand is at the noise factor and all that is seen is there: what it may move to. Real work comes first. */
  #nearby(looking: Steered): WantedTile[] {
    const { view, models, batch, training } = this.#app;
    const choices = this.#choices;
    const calm = this.#resting && this.#waiting.length === 0 && !batch.busy && !training.active;
    if (!choices || !view.steering || !calm) return [];
    const largest = models.find(choices.model)?.card.noise.largest ?? largestNoiseFactor;
    return this.#standIns.ahead(choices, largest, looking);
  }

  /** Only for what follows the sliders, which variants do not. */
  #standInFor(pane: Pane): StandIn<CachedTile<ImageBitmap>> | null {
    const looking = this.picture && this.#looking(this.picture);
    const follows = pane.content.choices === this.#choices;
    return looking && this.#live && follows ? this.#standIns.of(pane, this.#live, looking) : null;
  }

  get #isSmall(): boolean {
    return reductionFor(this.#camera.zoom) > 1;
  }

  /** What is seen is on its way, and soon there: seen small, all of the picture has to be cleaned for it. */
  get #isComing(): boolean {
    return this.#waiting.length > 0 && !this.#isSmall;
  }

  /** Whether something stands in for what the hand points to, or is on its way. Seen small, there is nothing that could. */
  get #isSeen(): boolean {
    if (this.#isSmall || this.#isComing) return true;
    return this.panes.every((pane) => !needsNetwork(pane.content.layer) || this.#standInFor(pane) !== null);
  }

  /** Which panes do not show all of their own pixels yet, in the part that is seen. */
  #findWaiting(seen: readonly WantedTile[], parts: readonly Part[]): void {
    const open = seen.filter(({ content, place, tile: { region, reduction } }) =>
      reduction === 1
        ? !this.#cache.shows(content, region)
        : !this.#cache.holding(content, place, region)?.complete,
    );
    const contents = new Set(open.map(({ content }) => content));
    const ids = parts.filter(({ content }) => contents.has(this.#opened + contentKey(content)));
    const now = ids.map(({ id }) => id);
    if (now.join() !== this.#waiting.join()) this.#waiting = now;
  }

  /** Some moments after the last move: what is seen is measured, and seen small, all of it is cleaned. */
  #comeToRest(): void {
    clearTimeout(this.#settle);
    this.#resting = false;
    this.#settle = setTimeout(() => this.#settled(), viewSettlesAfter);
  }

  #settled(): void {
    if (!this.picture) return;
    const small = this.#isSmall;
    // What follows takes the network too: what is seen is to be there before.
    if (!small && this.#loader.waiting) {
      this.#settle = setTimeout(() => this.#settled(), looksAgainAfter);
      return;
    }
    this.#resting = true;
    this.draw();
    this.#visible = visiblePart(this.#camera.now, this.picture, this.#viewport);
    if (small) void this.#complete();
    else this.#interrupted();
  }

  /** At full size nothing is cleaned in the background; seen small again, it is gone on with. */
  #interrupted(): void {
    this.#completed = '';
    this.#app.view.progress = null;
  }

  async #complete(): Promise<void> {
    const { opened, page } = this.#app.view;
    const choices = this.#choices;
    if (!opened || !choices) return;
    const key = prefixOf(opened.view, page) + contentKey({ layer: 'denoised', choices, amplification: 1 });
    if (key === this.#completed) return;
    this.#completed = key;
    const reply = await this.#app.host.invoke('completeView', { view: opened.view, page, choices });
    if (key !== this.#completed) return;
    if (!reply.ok && reply.code !== 'cancelled') this.#app.view.fail(reply);
    this.#loader.refresh();
  }
}
