# What needs more than one sample: matrices, patients, MultiQC.  Only finished samples take part.


def evidence(names):
    return [path for name in names for path in SAMPLES[name]["outputs"]]


rule matrix:
    input:
        evidence(config["expressed"]),
        samples="samples.tsv",
    output:
        "expression/counts.tsv.gz",
        "expression/tpm.tsv.gz",
        "expression/fpkm.tsv.gz",
    params:
        software=software(),
    log:
        "logs/matrix.log",
    resources:
        mem_mb=4000,
    shell:
        "{STEP} --name matrix:cohort --log {log} --output {output} -- "
        "{LEUKOSCOPE} matrix --samples {input.samples} --evidence . --outdir @expression/"


def folder_with(table):
    """Options of the verb for a kind of table, if any sample has one."""
    found = any(path.endswith(f"/{table}.tsv") for path in evidence(SAMPLES))
    return f"--{table} samples" if found else ""


def fractions():
    """Option with the allele fractions of each sample: its VCF, else the genotypes that its alignment shows."""
    found = {path.split("/")[1]: path for path in evidence(SAMPLES) if path.endswith("/genotypes.tsv.gz")}
    found |= {name: sample["vcf"] for name, sample in SAMPLES.items() if sample["vcf"]}
    named = [shlex.quote(f"{name}={path}") for name, path in sorted(found.items()) if name in config["expressed"]]
    return " ".join(["--vcf", *named]) if named else ""


rule karyotype:
    input:
        evidence(SAMPLES),
        matrix="expression/counts.tsv.gz",
    output:
        segments="karyotype.tsv",
        ploidy="ploidy.tsv",
    params:
        software=software(),
        fractions=fractions(),
    log:
        "logs/karyotype.log",
    resources:
        mem_mb=3000,
    shell:
        "{STEP} --name karyotype:cohort --log {log} --output {output} -- "
        "{LEUKOSCOPE} karyotype {input.matrix} {params.fractions} --output @{output.segments} --ploidy @{output.ploidy}"


REFERENCE_COHORT = config["reference_cohort"]
OWN_COHORT = f"--reference-cohort {shlex.quote(REFERENCE_COHORT)}" if REFERENCE_COHORT else ""


rule subtype:
    input:
        evidence(SAMPLES),
        cohort=REFERENCE_COHORT or [],
        matrix="expression/counts.tsv.gz",
        samples="samples.tsv",
    output:
        "subtypes.tsv",
    params:
        software=software(),
        fusions=folder_with("fusions"),
        variants=folder_with("variants"),
        fractions=fractions(),
    log:
        "logs/subtype.log",
    resources:
        mem_mb=3000,
    shell:
        "{STEP} --name subtype:cohort --log {log} --output {output} -- "
        "{LEUKOSCOPE} subtype {input.matrix} --samples {input.samples} {params.fusions} {params.variants} "
        "{params.fractions} {OWN_COHORT} --output @{output}"


rule identity:
    input:
        evidence(SAMPLES),
        samples="samples.tsv",
    output:
        samples="identity.tsv",
        pairs="identity_pairs.tsv",
        figure="identity.svg",
    params:
        software=software(),
    log:
        "logs/identity.log",
    resources:
        mem_mb=3000,
    shell:
        "{STEP} --name identity:cohort --log {log} --output {output} -- "
        "{LEUKOSCOPE} identity --evidence . --samples {input.samples} "
        "--output @{output.samples} --pairs @{output.pairs} --figure @{output.figure}"


rule patient:
    input:
        lambda wildcards: evidence(PATIENTS[wildcards.patient]),
        subtypes="subtypes.tsv" if config["expressed"] else [],
        identity="identity.tsv" if config["genotyped"] else [],
        samples="samples.tsv",
        cohort=REFERENCE_COHORT or [],
    output:
        diagnosis="patients/{patient}/diagnosis.json",
        report="patients/{patient}/report.html",
    params:
        software=software(),
    log:
        "logs/patient/{patient}.log",
    shell:
        "{STEP} --name patient:{wildcards.patient} --log {log} --output {output} -- "
        "{LEUKOSCOPE} patient --samples {input.samples} --patient {wildcards.patient} --evidence . "
        "{REFERENCE} {OWN_COHORT} --outdir @patients/{wildcards.patient}/"


rule multiqc:
    input:
        evidence(SAMPLES),
        samples="samples.tsv",
    output:
        "multiqc/multiqc_report.html",
        "multiqc/fusions_mqc.tsv",
    params:
        software=software(),
    log:
        "logs/multiqc.log",
    resources:
        mem_mb=2000,
    shell:
        "{STEP} --name multiqc:cohort --log {log} --output {output} -- "
        "{LEUKOSCOPE} multiqc --samples {input.samples} --evidence . --outdir @multiqc/"
