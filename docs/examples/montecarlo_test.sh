#!/bin/sh
# usage: montecarlo_test.sh MONTECARLO
# shellcheck source=program_test.sh
. "$(dirname "$0")/program_test.sh"

same_for_all_workers pi --samples 300000
cp first seed1
run 0 pi --samples 300000 --seed 2
cmp -s out seed1 && fail 'another seed, and the same digits'
same_for_all_workers option --samples 300001
same_for_all_workers option --samples 100000 --spot 50 --strike 45 --rate 0 --volatility 0.4 --years 2.5
wrong_usage "it estimates pi or option, not 'tau'" tau
wrong_usage 'missing: what to estimate' --seed 3
wrong_usage "too much: 'option'" pi option
wrong_usage '--samples takes a whole number' pi --samples 10
wrong_usage '--volatility takes a number' option --volatility nan
finish
