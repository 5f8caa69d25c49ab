import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namedNetworks, type UnetConfig } from '../../contract/network.ts';
import { macsPerPixel } from '../../contract/network-cost.ts';
import { geometryOf } from '../../model/networks/geometry.ts';

test.each(Object.entries(namedNetworks))('the cost of %s is that of its layers', (_, network) => {
  expect(macsPerPixel(network)).toBeCloseTo(geometryOf(network).multiplyAdds, 6);
});

test('the cost of any network is that of its layers', () => {
  const count = fc.integer({ min: 0, max: 4 });
  const config = fc.record({
    kind: fc.constant('unet' as const),
    channels: fc.constantFrom(1 as const, 3 as const),
    width: fc.integer({ min: 1, max: 64 }),
    blocks: fc.tuple(count, count, count, count, count),
  });
  fc.assert(
    fc.property(config, (network: UnetConfig) => {
      expect(macsPerPixel(network)).toBeCloseTo(geometryOf(network).multiplyAdds, 6);
    }),
  );
});
