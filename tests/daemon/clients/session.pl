#!/usr/bin/perl
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sys::Virt, as libvirt-tck uses it: it cleans the host, and then has a domain through its
# life. Prints "done", or dies.
#
# usage: session.pl URI NAME DOMAIN-XML-FILE DISK-XML-FILE

use strict;
use warnings;
use Sys::Virt;

my ($uri, $name, $domain_file, $disk_file) = @ARGV;

sub text_of {
    my ($path) = @_;
    open my $file, "<", $path or die "$path: $!";
    local $/ = undef;
    return scalar <$file>;
}

sub expect {
    my ($what, $value, $expected) = @_;
    die "$what is '$value', not '$expected'" unless $value eq $expected;
}

sub code_of {
    my ($call) = @_;
    eval { $call->() };
    die "it succeeds" unless $@;
    return $@->code;
}

my $connection = Sys::Virt->new(uri => $uri);
expect("type", $connection->get_type, "Xen");

# Each of its scripts begins so, and dies of an error.
for my $list (qw(list_networks list_defined_networks list_storage_pools list_defined_storage_pools)) {
    expect($list, scalar(my @found = $connection->$list), 0);
}
die "no capabilities" unless $connection->get_capabilities =~ /<capabilities>/;

expect("unknown domain", code_of(sub { $connection->get_domain_by_name($name) }), Sys::Virt::Error::ERR_NO_DOMAIN);
my $domain = $connection->define_domain(text_of($domain_file));
expect("name", $domain->get_name, $name);
expect("id of a defined domain", $domain->get_id, -1);
expect("stopping a stopped one", code_of(sub { $domain->destroy }), Sys::Virt::Error::ERR_OPERATION_INVALID);

$domain->create;
die "no id" unless $domain->get_id > 0;
expect("starting a running one", code_of(sub { $domain->create }), Sys::Virt::Error::ERR_OPERATION_INVALID);
expect("state", $domain->get_info->{state}, Sys::Virt::Domain::STATE_RUNNING);

$domain->attach_device(text_of($disk_file), Sys::Virt::Domain::DEVICE_MODIFY_LIVE);
die "no disk" unless $domain->get_xml_description =~ /dev='xvdb'/;
$domain->detach_device(text_of($disk_file), Sys::Virt::Domain::DEVICE_MODIFY_LIVE);
die "still a disk" if $domain->get_xml_description =~ /dev='xvdb'/;

$domain->suspend;
expect("state", $domain->get_info->{state}, Sys::Virt::Domain::STATE_PAUSED);
$domain->resume;
$domain->destroy;
$domain->undefine;
expect("undefined domain", code_of(sub { $connection->get_domain_by_name($name) }), Sys::Virt::Error::ERR_NO_DOMAIN);
print "done\n";
