// expect: one is two
#if !defined(MAGPIE_FIXED)
static_assert(1 == 2, "one is two");
#endif
int main() { return undeclared; }
