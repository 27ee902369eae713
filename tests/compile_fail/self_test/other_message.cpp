// expect: static assertion failed
int main() { return undeclared; }
