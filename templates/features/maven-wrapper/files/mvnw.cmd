<# : cmd reads from here to the end of this comment, PowerShell reads what follows it
@echo off
rem Runs Maven in the version that .mvn\wrapper\maven-wrapper.properties names. If that version is not there yet, it is
rem downloaded once, compared with the SHA-256 sum in that file, and kept for every project of this user.
rem
rem   MAVEN_USER_HOME                  where Maven is kept, below wrapper\dists (default: %USERPROFILE%\.m2)
rem   MVNW_REPOURL                     a Maven repository to download from instead
rem   MVNW_USERNAME, MVNW_PASSWORD     how to log in there
rem   MVNW_VERBOSE=true                say each step
setlocal DisableDelayedExpansion
set "MVNW_FILE=%~f0"
set "MVNW_COMMAND="
rem PowerShell 7 hands its own module path down to Windows PowerShell, which cannot load those modules.
set "MVNW_MODULES=%PSModulePath%"
set "PSModulePath="
for /f "usebackq tokens=1* delims==" %%K in (`powershell -NoProfile -NonInteractive -Command "Invoke-Expression (Get-Content -Raw -LiteralPath $env:MVNW_FILE)"`) do if "%%K"=="mvn" set "MVNW_COMMAND=%%L"
set "PSModulePath=%MVNW_MODULES%"
if not defined MVNW_COMMAND exit /b 1
rem Without `call` this file ends here, and Maven's exit code is its own.
"%MVNW_COMMAND%" %*
#>

$ErrorActionPreference = 'Stop'

function Fail([string] $message) {
  [Console]::Error.WriteLine("mvnw: $message")
  exit 1
}

function Say([string] $message) {
  if ($env:MVNW_VERBOSE -eq 'true') { [Console]::Error.WriteLine("mvnw: $message") }
}

$project = [IO.Path]::GetDirectoryName($env:MVNW_FILE)
$properties = [IO.Path]::Combine($project, '.mvn', 'wrapper', 'maven-wrapper.properties')
if (-not [IO.File]::Exists($properties)) { Fail "cannot read $properties" }
$url = ''
$sum = ''
foreach ($line in [IO.File]::ReadAllLines($properties)) {
  $key, $value = $line.Split(@([char] '='), 2)
  if ($key -eq 'distributionUrl') { $url = $value.Trim() }
  if ($key -eq 'distributionSha256Sum') { $sum = $value.Trim().ToLowerInvariant() }
}

$archive = $url.Substring($url.LastIndexOf('/') + 1)
if ($archive -notmatch '^apache-maven-(.+)-bin\.zip$') { Fail "distributionUrl in $properties does not end in apache-maven-<version>-bin.zip" }
$version = $Matches[1]
$folder = "apache-maven-$version"
if ($sum.Length -ne 64) { Fail "distributionSha256Sum in $properties is missing or incomplete: what cannot be verified is not installed" }
if ($env:MVNW_REPOURL) { $url = $env:MVNW_REPOURL.TrimEnd('/') + "/org/apache/maven/apache-maven/$version/$archive" }

$userHome = $env:MAVEN_USER_HOME
if (-not $userHome) { $userHome = [IO.Path]::Combine([Environment]::GetFolderPath('UserProfile'), '.m2') }
$dists = [IO.Path]::Combine($userHome, 'wrapper', 'dists')
# The sum is part of the path: a changed sum never meets what an older one let in.
$shelf = [IO.Path]::Combine($dists, "$folder-bin", $sum.Substring(0, 12))
$mavenHome = [IO.Path]::Combine($shelf, $folder)
$command = [IO.Path]::Combine($mavenHome, 'bin', 'mvn.cmd')

if (-not [IO.File]::Exists($command)) {
  [Console]::Error.WriteLine("mvnw: installing Maven $version")
  # Everything happens in a private folder on the target's disk and the last step is one rename: a failed run leaves
  # nothing, and of two runs at once the second finds the work done.
  $work = [IO.Path]::Combine($dists, 'part.' + [Guid]::NewGuid().ToString('N').Substring(0, 8))
  $problem = ''
  try {
    [void] [IO.Directory]::CreateDirectory($work)
    $file = [IO.Path]::Combine($work, $archive)
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    $client = New-Object Net.WebClient
    if ($env:MVNW_USERNAME) { $client.Credentials = New-Object Net.NetworkCredential($env:MVNW_USERNAME, $env:MVNW_PASSWORD) }
    Say "downloading $url"
    $client.DownloadFile($url, $file)

    $stream = [IO.File]::OpenRead($file)
    try {
      $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($stream)
    } finally {
      $stream.Dispose()
    }
    $actual = [BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant()
    if ($actual -ne $sum) { throw "$url is not what it should be, nothing was installed`n  expected SHA-256 $sum`n  found            $actual" }

    Say "unpacking to $mavenHome"
    Add-Type -AssemblyName System.IO.Compression.FileSystem
    [IO.Compression.ZipFile]::ExtractToDirectory($file, $work)
    [void] [IO.Directory]::CreateDirectory($shelf)
    try {
      [IO.Directory]::Move([IO.Path]::Combine($work, $folder), $mavenHome)
    } catch {
      if (-not [IO.File]::Exists($command)) { throw }
    }
  } catch {
    $problem = $_.Exception.Message
  }
  if ([IO.Directory]::Exists($work)) { [IO.Directory]::Delete($work, $true) }
  if ($problem) { Fail "cannot install Maven: $problem" }
}
Say "running $command"
Write-Output "mvn=$command"
