// JSON numbers by their exact decimal value, however they are spelt (event.md: "whole number").

import { spelling } from './json-values.mjs';

const MOST_DIGITS = 40; // a number with more digits is beyond every bound here

/** A number as sign, digits without zeros at either end, and the power of ten of the last digit; zero has no digits. */
function decimalOf(node) {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(spelling(node).toString('latin1'));
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  return { isNegative: sign === '-', digits, exponent: BigInt(power) - BigInt(fraction.length) + BigInt(all.length - digits.length) };
}

export function isZero(node) {
  return decimalOf(node).digits === '';
}

export function isBelowZero(node) {
  const { isNegative, digits } = decimalOf(node);
  return isNegative && digits !== '';
}

export function isWhole(node) {
  const { digits, exponent } = decimalOf(node);
  return digits === '' || exponent >= 0n;
}

/** A whole number as a BigInt; one that is beyond every bound as one of that sign that is. */
export function wholeValue(node) {
  const { isNegative, digits, exponent } = decimalOf(node);
  if (digits === '') return 0n;
  const isHuge = exponent + BigInt(digits.length) > BigInt(MOST_DIGITS);
  const magnitude = isHuge ? 10n ** BigInt(MOST_DIGITS) : BigInt(digits) * 10n ** exponent;
  return isNegative ? -magnitude : magnitude;
}

/** Whether a number is whole and from `least` to `most`. */
export const isWholeFrom = (node, least, most) => isWhole(node) && wholeValue(node) >= least && wholeValue(node) <= most;
