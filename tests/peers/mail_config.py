"""What Dovecot and Exim are told, with places for folders, users and ports."""

DOVECOT = """
base_dir = {dir}/run
state_dir = {dir}/run
log_path = {dir}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{dir}/server.pem
ssl_key = <{dir}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login{mechanism}
auth_cache_size = 0
auth_failure_delay = 0
mail_location = maildir:{dir}/mail/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
mailbox_idle_check_interval = 1 s
mail_max_userip_connections = 100
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/passwd
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%u
}}
{tokens}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Archive {{
    auto = create
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
protocol lmtp {{
  auth_username_format = %Lu
  postmaster_address = postmaster@example.test
}}
"""
DOVECOT_TOKENS = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {dir}/oauth2.conf.ext
}}
"""
TOKENS = """
introspection_mode = get
introspection_url = {url}
username_attribute = email
active_attribute = active
active_value = yes
"""
# Dovecot without root keeps everything in one user's hands and shuts itself into no folder.
DOVECOT_WITHOUT_ROOT = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""

EXIM = """
exim_user = {mta}
exim_group = {mta_group}
spool_directory = {dir}/spool
log_file_path = {dir}/spool/%slog
pid_file_path = {dir}/spool/exim.pid
primary_hostname = mx.example.test
local_interfaces = <; [127.0.0.1]:{smtp} ; [127.0.0.1]:{smtps} ; [127.0.0.1]:{submission}
daemon_smtp_ports = {smtp}
tls_on_connect_ports = {smtps}
tls_advertise_hosts = *
tls_certificate = {dir}/server.pem
tls_privatekey = {dir}/spool/server.key
domainlist local_domains = example.test : handed-on.test
auth_advertise_hosts = *
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = accept
message_size_limit = 30M
smtp_accept_max = 200
smtp_accept_max_per_host = 200
smtputf8_advertise_hosts = *
rfc1413_query_timeout = 0s
host_lookup =
keep_environment =
never_users =
no_message_logs
bounce_return_size_limit = 100K
deliver_drop_privilege = true
begin acl
acl_rcpt:
  deny local_parts = refused
       message = no such user here
  defer local_parts = greylisted
       message = come back later
  accept authenticated = *
  accept domains = +local_domains
  deny message = relay not permitted
begin routers
handed_on:
  driver = accept
  domains = handed-on.test
  transport = to_listener
mailbox:
  driver = accept
  domains = +local_domains
  local_part_suffix = +*
  local_part_suffix_optional
  transport = to_dovecot
elsewhere:
  driver = accept
  transport = sink
begin transports
to_listener:
  driver = smtp
  protocol = lmtp
  hosts = 127.0.0.1
  port = ${{readfile{{{dir}/listener}}{{}}}}
  allow_localhost
  hosts_override
  rcpt_include_affixes
  message_linelength_limit = 1G
to_dovecot:
  driver = smtp
  protocol = lmtp
  hosts = 127.0.0.1
  port = {lmtp}
  allow_localhost
  hosts_override
  rcpt_include_affixes
  message_linelength_limit = 1G
sink:
  driver = appendfile
  directory = {dir}/spool/outbound
  maildir_format
  create_directory
begin retry
* * F,1h,1s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if eq{{${{extract{{2}}{{\\}}}}{{${{lookup{{$auth2}}lsearch{{{dir}/passwd}}{{$value}}}}}}}}}}{{$auth3}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{${{extract{{2}}{{\\}}}}{{${{lookup{{$auth1}}lsearch{{{dir}/passwd}}{{$value}}}}}}}}}}{{$auth2}}}}
  server_set_id = $auth1
"""
