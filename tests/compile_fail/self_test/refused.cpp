// expect: one is two [(]says the test; really[)]
#if !defined(MAGPIE_FIXED)
static_assert(1 == 2, "one is two (says the test; really)");
#endif
int main() {}
