// @ts-check
/** Fetches one file over HTTP or HTTPS, within time limits, and never leaves half of it behind. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tls from 'node:tls';
import { Refusal, reasonOf } from './context.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const MAX_REDIRECTS = 5;

/**
 * Downloads `url` to `file`, which appears only when it is complete.
 *
 * @param {Context} context
 * @param {string} url
 * @param {string} file
 * @returns {Promise<void>}
 * @throws {Refusal} when the server can't be reached, refuses, stalls, or sends less or other than it announced
 */
export async function download(context, url, file) {
  const { limits, say, signal } = context;
  const whole = AbortSignal.timeout(limits.download * 1000);
  const part = `${file}.part`;
  try {
    const response = await follow(context, new URL(url), whole);
    const announced = Number(response.headers['content-length'] ?? Number.NaN);
    if (announced > 2e6) say(`  downloading ${(announced / 1e6).toFixed(0)} MB from ${new URL(url).host}`);
    const { bytes, md5 } = await receive(
      response,
      part,
      limits.stall,
      signal ? AbortSignal.any([signal, whole]) : whole,
    );
    if (!Number.isNaN(announced) && bytes !== announced) {
      throw new Refusal(`the download ended after ${bytes} of ${announced} bytes`);
    }
    const announcedMd5 = announcedHash(response.headers['x-goog-hash']);
    if (announcedMd5 !== undefined && announcedMd5 !== md5)
      throw new Refusal('the download arrived damaged (MD5)');
    await rename(part, file);
  } catch (error) {
    signal?.throwIfAborted();
    if (whole.aborted) throw new Refusal(`the download took longer than ${limits.download} s`);
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${new URL(url).host} could not be reached (${reasonOf(error) || 'no connection'})`);
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * @param {Context} context
 * @param {URL} url
 * @param {AbortSignal} whole
 * @returns {Promise<http.IncomingMessage>} a response with status 200
 */
async function follow(context, url, whole) {
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(context, url, whole);
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    response.destroy();
    const location = response.headers.location;
    if (status < 300 || status >= 400 || location === undefined) {
      throw new Refusal(`${url.host} answered ${status} ${response.statusMessage ?? ''}`.trim());
    }
    url = new URL(location, url);
  }
  throw new Refusal(`${url.host} redirects in circles`);
}

/**
 * @param {Context} context
 * @param {URL} url
 * @param {AbortSignal} whole
 * @returns {Promise<http.IncomingMessage>}
 */
async function request({ env, limits, signal }, url, whole) {
  const patience = AbortSignal.timeout(limits.connect * 1000);
  const any = AbortSignal.any([patience, whole, ...(signal ? [signal] : [])]);
  try {
    const proxy = proxyFor(url, env);
    const socket = proxy && (await tunnel(proxy, url, any));
    return await new Promise((resolve, reject) => {
      const client = url.protocol === 'https:' ? https : http;
      /** @type {https.RequestOptions} */
      const options = { headers: { 'user-agent': 'unspeckle-setup' } };
      // Node heeds `createConnection` only where no agent is named.
      if (socket) options.createConnection = () => throughTunnel(socket, url);
      else options.agent = false;
      const asked = client.get(url, options, (response) => {
        any.removeEventListener('abort', onAbort);
        resolve(response);
      });
      const onAbort = () => asked.destroy(new Error('timeout'));
      any.addEventListener('abort', onAbort);
      asked.once('error', reject);
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (patience.aborted) throw new Refusal(`${url.host} did not answer within ${limits.connect} s`);
    throw error;
  }
}

/**
 * @param {import('node:net').Socket} socket
 * @param {URL} url
 */
function throughTunnel(socket, url) {
  return url.protocol === 'https:' ? tls.connect({ socket, servername: url.hostname }) : socket;
}

/**
 * The proxy that the usual environment variables name for this address.
 *
 * @param {URL} url
 * @param {NodeJS.ProcessEnv} env
 * @returns {URL | undefined}
 */
export function proxyFor(url, env) {
  const scheme = url.protocol.slice(0, -1);
  const proxy = env[`${scheme}_proxy`] || env[`${scheme.toUpperCase()}_PROXY`];
  if (!proxy) return undefined;
  const exempt = (env['no_proxy'] || env['NO_PROXY'] || '')
    .split(',')
    .map((name) => name.trim().replace(/^\*?\./, ''));
  const isExempt = exempt.some(
    (name) => name === '*' || (name !== '' && (url.hostname === name || url.hostname.endsWith(`.${name}`))),
  );
  return isExempt ? undefined : new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
}

/**
 * @param {URL} proxy
 * @param {URL} url
 * @param {AbortSignal} signal
 * @returns {Promise<import('node:net').Socket>}
 */
function tunnel(proxy, url, signal) {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const target = `${url.hostname}:${port}`;
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return new Promise((resolve, reject) => {
    const asked = http.request({
      method: 'CONNECT',
      host: proxy.hostname,
      port: proxy.port || 80,
      path: target,
      headers: {
        host: target,
        ...(credentials === ':'
          ? {}
          : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
      },
      agent: false,
      signal,
    });
    asked.once('connect', (response, socket) => {
      if (response.statusCode === 200) resolve(/** @type {import('node:net').Socket} */ (socket));
      else {
        socket.destroy();
        reject(new Refusal(`the proxy ${proxy.host} answered ${response.statusCode}`));
      }
    });
    asked.once('error', reject);
    asked.end();
  });
}

/**
 * @param {http.IncomingMessage} response
 * @param {string} file
 * @param {number} stallSeconds
 * @param {AbortSignal} signal
 */
async function receive(response, file, stallSeconds, signal) {
  const hash = createHash('md5');
  let bytes = 0;
  response.setTimeout(stallSeconds * 1000, () => {
    response.destroy(new Refusal(`the download stood still for ${stallSeconds} s`));
  });
  const counter = new Transform({
    transform(/** @type {Buffer} */ chunk, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(response, counter, createWriteStream(file, { flush: true }), { signal });
  return { bytes, md5: hash.digest('base64') };
}

/**
 * Google's storage announces hashes as `crc32c=…,md5=…`.
 *
 * @param {string | string[] | undefined} header
 */
function announcedHash(header) {
  return /(?:^|,)\s*md5=([^,\s]+)/.exec([header ?? ''].flat().join(','))?.[1];
}
