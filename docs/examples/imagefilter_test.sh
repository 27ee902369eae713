#!/bin/sh
# usage: imagefilter_test.sh IMAGEFILTER
# shellcheck source=program_test.sh
. "$(dirname "$0")/program_test.sh"

run 0 make 101x67 in.ppm
for workers in 1 2 5; do
  run 0 blur --check --workers $workers in.ppm blur$workers.ppm
  run 0 sobel --check --workers $workers in.ppm sobel$workers.ppm
done
for workers in 2 5; do
  cmp blur1.ppm blur$workers.ppm && cmp sobel1.ppm sobel$workers.ppm || fail "another picture with $workers workers"
done
run 0 blur --check --radius 20 in.ppm out.ppm
run 0 make 1x1 dot.ppm
run 0 blur --check dot.ppm dot.ppm
run 0 sobel --check dot.ppm out.ppm

printf 'P6 # a comment\n2\n# another\n1 15\n\001\002\003\017\000\017' >small.ppm
run 0 blur --check small.ppm out.ppm
bad() { # MESSAGE FORMAT...
  printf "$2" >bad.ppm
  run 2 sobel bad.ppm out.ppm
  says "bad.ppm: $1"
}
bad 'is no PPM picture' ''
bad 'is no PPM picture' 'GIF89a'
bad 'is of the kind P3' 'P3 1 1 255 1 2 3'
bad 'ends in its header, behind the width' 'P6 12'
bad 'ends in its header, before the height' 'P6 12 # high'
bad 'the width in its header is no number' 'P6 -1 1 255 '
bad 'the height is 0' 'P6 1 0 255 '
bad 'the width is more than 65535' 'P6 99999999999999 1 255 '
bad 'has two bytes a colour' 'P6 1 1 65535 aabbcc'
bad 'is cut off: it holds 4 of 6 bytes' 'P6 2 1 255 abcd'
bad 'is cut off: it holds 0 of 12884508675 bytes' 'P6 65535 65535 255 '
bad 'has a colour above its own greatest value' 'P6 1 1 7 \001\002\010'
run 2 blur missing.ppm out.ppm
says 'cannot open missing.ppm: No such file'
run 2 blur in.ppm no/such/directory.ppm
says 'cannot create no/such/directory.ppm'
wrong_usage "there is no filter 'sharpen'" sharpen in.ppm out.ppm
wrong_usage 'make takes a size such as 640x480' make 10 out.ppm
wrong_usage 'make takes a size such as 640x480' make 10x10x out.ppm
wrong_usage 'missing: a filter' blur in.ppm
wrong_usage '--radius takes a whole number from 1 to 100' blur --radius 0 in.ppm out.ppm
finish
