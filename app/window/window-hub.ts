import type { WindowEvent, WindowListener } from '../../contract/window-api.ts';
import type { HostServices } from './window-app.ts';

/** Everybody who shows the app at the moment: the windows that listen, and the hosts that can do things for it. */
export class WindowHub {
  readonly #listeners = new Set<WindowListener>();
  readonly #hosts = new Set<HostServices>();
  readonly #log: (line: string) => void;
  /** What keeps the machine awake at the moment. */
  readonly #wakeful = new Set<string>();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  listen(listener: WindowListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a host in, with what it is to do at the moment; the answer lets it go, with nothing left to do. */
  addHost(host: HostServices): () => void {
    this.#hosts.add(host);
    if (this.#wakeful.size > 0) this.#guard('keeping awake', () => host.keepAwake(true));
    return () => {
      if (!this.#hosts.delete(host) || this.#wakeful.size === 0) return;
      this.#guard('letting a host go', () => {
        host.keepAwake(false);
        host.showProgress(null);
      });
    };
  }

  /** A listener that throws hurts nobody else. */
  emit(event: WindowEvent): void {
    for (const listener of [...this.#listeners]) {
      this.#guard(`a window at a “${event.type}” event`, () => listener(event));
    }
  }

  /** As long as anything wants it. */
  keepAwake(on: boolean, who: 'batch' | 'training' = 'batch'): void {
    const before = this.#wakeful.size > 0;
    if (on) this.#wakeful.add(who);
    else this.#wakeful.delete(who);
    const now = this.#wakeful.size > 0;
    if (before === now) return;
    for (const host of this.#hosts) this.#guard('keeping awake', () => host.keepAwake(now));
  }

  showProgress(fraction: number | null): void {
    for (const host of this.#hosts) this.#guard('showing progress', () => host.showProgress(fraction));
  }

  /** By the host that came last: one person is told once. The words are those of its system's language. */
  notify(textIn: (locale: string) => { readonly title: string; readonly body: string }): void {
    const host = [...this.#hosts].at(-1);
    if (host) this.#guard('telling the person', () => host.notify(textIn(host.locale)));
  }

  #guard(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#log(`${what} failed: ${String(error)}`);
    }
  }
}
