import type { WindowModel } from '../../contract/window-api.ts';
import type { Measurement } from '../../contract/model-card.ts';

const measured = (sigma: number, noisyPsnr: number, psnr: number, noisySsim: number, ssim: number): Measurement => ({
  set: 'CBSD68', pictures: 68, noiseFactor: sigma / 255, clipped: false, psnr, ssim, noisyPsnr, noisySsim,
}); // prettier-ignore

function model(id: string, name: string, purpose: string, width: number, own: boolean): WindowModel {
  return {
    id,
    name,
    bundled: !own,
    isDefault: id === 'gaussian-small',
    bytes: width * 41_000,
    macsPerPixel: width * 1_210,
    megapixelsPerSecond: own ? null : 96 / width,
    card: {
      version: 1,
      id,
      name,
      purpose,
      network: { kind: 'unet', channels: 3, width, blocks: [1, 1, 1, 1, 1] },
      noise: { trained: 'gaussian:0-0.22', clippedShare: 0.5, largest: 0.22 },
      training: {
        sources: [{ name: 'CLIC2025', pictures: 26, licence: 'Unsplash' }, { name: 'CID22', pictures: 208, licence: 'CC BY-SA 4.0' }], // prettier-ignore
        pictures: 234,
        steps: 28_380,
        minutes: 59,
        seed: 13,
        batch: 16,
        patch: 64,
        threads: 1,
        machine: '',
        finished: '2026-11-20T17:11:57.431Z',
        startedFrom: null,
        validation: null,
      },
      metrics: own
        ? []
        : [measured(15, 24.61, 33.53, 0.561, 0.925), measured(25, 20.17, 30.91, 0.381, 0.878), measured(50, 14.15, 27.66, 0.206, 0.785)], // prettier-ignore
      licence: 'Apache-2.0',
      credits: '',
      appVersion: '0.1.0',
      weightsSha256: '0'.repeat(64),
    },
  };
}

export const fakeModels = (): WindowModel[] => [
  model('gaussian-small', 'Gaussian, small', 'Removes Gaussian noise (film scans, sensors without processing) from colour and grey pictures. Small and fast.', 48, false),
  model('gaussian-large', 'Gaussian, large', 'The same as the small one, slower and a little better.', 120, false),
  model('microscope', 'Our microscope', 'Fine-tuned on two hundred frames of the confocal.', 48, true),
]; // prettier-ignore
