/** What `midwatch --help` prints. */
export const usage = `midwatch: one screen that shows what is wrong across your systems, and fixes it with a key and a confirmation.

  midwatch [--config FILE] [--demo [SCENARIO]] [--read-only] [--target NAME]...
      opens the console
  midwatch snapshot --json [--pane PANE]
      reads everything twice, 2 seconds apart, and prints it as JSON
      exits with 0: nothing critical, 1: something critical, 2: something could not be read
  midwatch doctor
      tells for each target whether it can be reached, who we are there, and what we may do; and whether the record of
      what was done can be written and is sound
      exits with 0: all is there, 1: something is not permitted, or the record cannot be written or is not sound,
      2: something could not be reached, read or told
  midwatch doctor --grants
      prints the least that each target's user has to be given, for watching and for acting, as lines to run there
  midwatch keys --markdown
      prints every key and what it does
  midwatch audit verify [FILE]
      checks that no record of what was done has been changed or removed
  midwatch audit verify --against COPY
      checks too that the record is the one that was delivered outside: COPY has lines of JSON, or of syslog with it
  midwatch audit show RECORD
      prints what was recorded under that id, and what followed it; exits with 1 when there is nothing

  --config FILE       the configuration; else MIDWATCH_CONFIG, else $XDG_CONFIG_HOME/midwatch/config.yaml
                      with none of them, targets are found from the kubeconfig, PG*, DATABASE_URL, REDIS_URL,
                      KAFKA_BROKERS, PROMETHEUS_URL and ALERTMANAGER_URL
  --demo [SCENARIO]   a made-up estate that needs no server
                      calm, still, crashloop, locks, memory, lag, scrape, storm; default has something to fix everywhere
  --read-only         nothing can be changed, whatever the configuration says
  --target NAME       only this target; may be given several times
  --help, --version

snapshot and doctor take the same four options. A command line that makes no sense ends with status 2.
`;
