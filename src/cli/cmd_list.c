int cli_list(int argc, char **argv);
int cli_list(int argc, char **argv) { (void)argc; (void)argv; return 0; }
int cli_explain(int argc, char **argv);
int cli_explain(int argc, char **argv) { (void)argc; (void)argv; return 0; }
